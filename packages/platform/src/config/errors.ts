import { defineError } from '@reeve/kernel';

export const InvalidConfiguration = defineError({
  code: 'invalid_configuration',
  class: 'invalid',
  title: 'The configuration is not valid',
  meaning:
    'A configuration file or an environment variable holds a setting that is unknown, ill-formed or not allowed.',
  remedy: 'Correct every setting listed; each names its file and line, or its variable. `reeve config show` shows all.',
});
