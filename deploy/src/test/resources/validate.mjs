// Judges objects (a JSON array on standard input) by the schemas in the folder that is named; one line each.
import {readFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';

const packages = {
  'external-secrets.io': '@kubernetes-models/external-secrets',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
};
for (const object of JSON.parse(readFileSync(0, 'utf8'))) {
  const [version, group] = object.apiVersion.split('/').reverse();
  const path = [packages[group] ?? 'kubernetes-models', group, version, object.kind].filter(Boolean).join('/');
  let verdict = 'valid';
  try {
    const model = await import(pathToFileURL(`${process.argv[2]}/node_modules/${path}.js`));
    new model[object.kind](object).validate();
  } catch (error) {
    verdict = error.message.replace(/\s+/g, ' ');
  }
  console.log(`${object.kind} ${object.metadata.name}: ${verdict}`);
}
