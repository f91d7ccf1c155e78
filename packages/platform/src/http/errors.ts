import { defineError } from '@reeve/kernel';

export const PortInUse = defineError({
  code: 'port_in_use',
  class: 'conflict',
  title: 'The port is taken',
  meaning: 'Another process listens on the address and port that were to be listened on.',
  remedy: 'Stop the process named in the detail, or choose another port with `REEVE_PORT`.',
});
export const CannotListen = defineError({
  code: 'cannot_listen',
  class: 'unavailable',
  title: 'The address cannot be listened on',
  meaning: 'The system refused to open the port: the address is not of this machine, or the port needs privileges.',
  remedy: 'Check the host and the port; ports below 1024 are reserved on most systems.',
});
export const HeadersTooLarge = defineError({
  code: 'headers_too_large',
  class: 'tooLarge',
  title: 'The headers are too large',
  meaning: 'The request line and the headers together are larger than the limit.',
  remedy: 'Send shorter headers and a shorter path; large values belong into the body.',
});
export const RequestTooSlow = defineError({
  code: 'request_too_slow',
  class: 'timeout',
  title: 'The request did not arrive in time',
  meaning: 'The headers or the body of the request took longer than the limit to arrive.',
  remedy: 'Send the request again over a better connection; nothing was done.',
});
export const OriginNotAllowed = defineError({
  code: 'origin_not_allowed',
  class: 'forbidden',
  title: 'The origin is not allowed',
  meaning: 'A page of this origin tried to connect, and the origin is not in the list of those that may.',
  remedy: 'Add the exact origin to `http.corsOrigins` if the page is yours.',
});
export const TlsUnusable = defineError({
  code: 'tls_unusable',
  class: 'invalid',
  title: 'TLS cannot be served',
  meaning: 'The certificate or its key cannot be read, they do not belong together, or the certificate has expired.',
  remedy: 'Correct `http.tls.certificateFile` and `http.tls.key`; the detail says which of them is wrong.',
});
