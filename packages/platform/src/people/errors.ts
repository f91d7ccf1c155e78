import { defineError } from '@reeve/kernel';

export const LoginRefused = defineError({
  code: 'login_refused',
  class: 'unauthenticated',
  title: 'Not let in',
  meaning: 'The name or the password is not right, or the person was disabled; which of them is not said.',
  remedy: 'Check both; after several wrong ones wait as long as `Retry-After` says.',
});
export const CodeRequired = defineError({
  code: 'code_required',
  class: 'unauthenticated',
  title: 'The code of the authenticator is needed too',
  meaning: 'The password is right, and this person has enrolled an authenticator.',
  remedy: 'Send the login again with `code`, the six digits that the application shows.',
});
export const CodeRefused = defineError({
  code: 'code_refused',
  class: 'unauthenticated',
  title: 'The code is not right',
  meaning: 'The code is wrong, too old, or was used before: each works once.',
  remedy: 'Wait for the next code; if none is right, compare the clocks of both machines.',
});
export const RefreshTokenReused = defineError({
  code: 'refresh_token_reused',
  class: 'unauthenticated',
  title: 'The refresh token was used before',
  meaning:
    'Each refresh token works once. One that comes twice was copied, so every token of this login was revoked; nobody can tell the thief from the owner.',
  remedy: 'Log in again. If this was not one program of yours racing another, change the password too.',
});
export const SessionEnded = defineError({
  code: 'session_ended',
  class: 'unauthenticated',
  title: 'The login has ended',
  meaning: 'The refresh token is not valid, has expired, or its login was ended or revoked.',
  remedy: 'Log in again.',
});
