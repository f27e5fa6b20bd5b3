#!/bin/sh
# The specification's name of ./ash gateway test-headers, with the same options.
exec "$(dirname -- "$0")/../ash" gateway test-headers "$@"
