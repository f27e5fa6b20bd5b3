#!/bin/sh
# The specification's name of ./ash gateway debug-auth, with the same options.
exec "$(dirname -- "$0")/../ash" gateway debug-auth "$@"
