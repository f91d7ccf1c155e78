import { resolve } from 'node:path';
import { defineError } from '@reeve/kernel';
import { clientSettings } from '@reeve/platform';
import { devCredentialsPath, readCredentials } from './dev-credentials.ts';

export const NoHub = defineError({
  code: 'no_hub_known',
  class: 'invalid',
  title: 'It is not known which hub to connect to',
  meaning: 'No address and key of a hub were given, and no hub in development has written them down here.',
  remedy: 'Give `--url` and set REEVE_API_KEY, or start a hub in this folder with `reeve up`.',
});

/** Where a node or agent finds its hub: as told, else by REEVE_URL and REEVE_API_KEY, else what `reeve up` wrote down. */
export async function hubAddress(told: { url?: string; key?: string }): Promise<{ url: string; apiKey: string }> {
  const settings = clientSettings();
  const home = resolve(settings.home);
  const written = await readCredentials(devCredentialsPath(home));
  const url = told.url ?? settings.url ?? written?.url;
  const apiKey = told.key ?? settings.apiKey ?? written?.apiKey;
  if (url && apiKey) return { url, apiKey };
  const lacking = url ? 'key: set REEVE_API_KEY' : 'address: give --url';
  throw NoHub.error(`there is no ${lacking}, or start a hub here with "reeve up" (looked in ${home})`);
}
