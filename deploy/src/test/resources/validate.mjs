// Judges objects (a JSON array on standard input) by the schemas in the folder that is named; one line each.
import {readFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';

const packages = {
  'external-secrets.io': '@kubernetes-models/external-secrets',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
};

// The schemas are compiled, and say nothing of names that they do not know. So it is noted which names they ask each object for: one that
// asks for some and does not go through all (that is additionalProperties) has no other properties than these.
class Asked {
  objects = [];

  of(target, path) {
    const seen = {target, path, names: new Set(), all: false};
    const inner = new Map();
    this.objects.push(seen);
    return new Proxy(target, {
      get: (_, name) => {
        seen.names.add(name);
        const value = target[name];
        if (!Object.hasOwn(target, name) || value === null || typeof value !== 'object') {
          return value;
        }
        if (!inner.has(name)) {
          inner.set(name, this.of(value, `${path}/${name}`));
        }
        return inner.get(name);
      },
      ownKeys: () => {
        seen.all = true;
        return Reflect.ownKeys(target);
      },
    });
  }

  unknown() {
    return this.objects
      .filter(({target, names, all}) => !Array.isArray(target) && names.size > 0 && !all)
      .flatMap(({target, path, names}) =>
        Object.keys(target)
          .filter(name => !names.has(name))
          .map(name => `${path}/${name} is unknown`),
      );
  }
}

for (const object of JSON.parse(readFileSync(0, 'utf8'))) {
  const [version, group] = object.apiVersion.split('/').reverse();
  const path = [packages[group] ?? 'kubernetes-models', group, version, object.kind].filter(Boolean).join('/');
  let verdict = 'valid';
  try {
    const model = await import(pathToFileURL(`${process.argv[2]}/node_modules/${path}.js`));
    const asked = new Asked();
    model[object.kind].prototype.validate.call(asked.of(object, 'data'));
    verdict = asked.unknown().join(', ') || 'valid';
  } catch (error) {
    verdict = error.message.replace(/\s+/g, ' ');
  }
  console.log(`${object.kind} ${object.metadata.name}: ${verdict}`);
}
