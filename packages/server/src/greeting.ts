import type { FirstOwner, SystemConfiguration } from '@reeve/platform';
import type { DevCredentials } from './dev-credentials.ts';

/** The credential of the first owner: said here, on no other way, and not in the log. */
export function ownerGreeting({ name, password }: FirstOwner, url: string): string {
  return [
    '',
    `Nobody can log in yet. Log in as ${name} with this password, shown this once, and replace it:`,
    '',
    `  ${password}`,
    '',
    `  reeve login --url ${url} --name ${name}`,
    '',
    '',
  ].join('\n');
}

/** What a person sees when the system is up: where it is, where the keys are, and a first request to paste. */
export function greeting({ url }: DevCredentials, keyFile: string, { demo }: SystemConfiguration): string {
  const key = `$(node -p "require('${keyFile}').apiKey")`;
  const request = [
    `  curl ${url}/v1/chat/completions \\`,
    `    -H "Authorization: Bearer ${key}" \\`,
    `    -H 'Content-Type: application/json' \\`,
    `    -d '{"model":"mini","messages":[{"role":"user","content":"What is Reeve?"}]}'`,
  ];
  const first = demo.enabled
    ? ['A first request (mini is a toy: a tiny n-gram model that only shows the way):', '', ...request]
    : ['Connect a node: reeve node --backend http://127.0.0.1:11434/v1'];
  return [
    '',
    `Reeve is up at ${url}`,
    `Keys are in   ${keyFile}`,
    '',
    ...first,
    '',
    'Or talk to it: npm run -s reeve -- chat     Stop it: Ctrl-C',
    '',
    '',
  ].join('\n');
}
