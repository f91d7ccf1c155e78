import { defaultRetryPolicy, InvalidInput, type RetryPolicy } from '@reeve/kernel';
import { fetchWithLogin, type LoginStore } from './login.ts';

/** How a hub is reached, as the user of the client says it. */
export interface TransportOptions {
  /** Address of the hub, such as `http://127.0.0.1:4400`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`; public operations work without. */
  readonly apiKey?: string;
  /** The login of a person, in place of a key; its tokens are renewed by themselves. */
  readonly login?: LoginStore;
  /** Another `fetch`, for proxies and other runtimes. */
  readonly fetch?: typeof fetch;
  /** Three attempts from one second when not given; `{ maxAttempts: 1 }` never tries again. */
  readonly retry?: Partial<RetryPolicy>;
}

export interface Transport {
  /** Without a slash at the end. */
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly fetch: typeof fetch;
  readonly retry: RetryPolicy;
}

/** @throws ReeveError `invalid_input` for an address that is none. */
export function createTransport(options: TransportOptions): Transport {
  const url = hubAddress(options.url);
  const send: typeof fetch = options.fetch ?? ((input, init) => fetch(input, init));
  return {
    url,
    apiKey: options.apiKey,
    fetch: options.login ? fetchWithLogin(url, options.login, send) : send,
    retry: { ...defaultRetryPolicy, ...options.retry },
  };
}

function hubAddress(url: string): string {
  const address = url.replace(/\/+$/, '');
  if (/^https?:\/\//.test(address) && URL.canParse(address)) return address;
  throw InvalidInput.error(`${url} is not the address of a hub, such as http://127.0.0.1:4400`);
}
