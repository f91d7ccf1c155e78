import { BackendMalformed } from '../../node/errors.ts';
import type { ResponseHead } from './exchange.ts';

/** @throws BackendMalformed when the answer is something else, most often the page of a proxy or login. */
export function insistOnType(backend: string, head: ResponseHead, wanted: string): void {
  const type = head.headers['content-type'] ?? wanted; // a server that names none gets the benefit of the doubt
  if (type.toLowerCase().startsWith(wanted)) return;
  throw BackendMalformed.error(`${backend} answered with ${type} where ${wanted} is expected`);
}
