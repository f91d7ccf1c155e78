import { defineError } from '@reeve/kernel';

export const UsageError = defineError({
  code: 'usage',
  class: 'malformed',
  title: 'The command line is not valid',
  meaning: 'A flag or an argument does not have the form it must have.',
  remedy: 'Add --help to the command to see what it takes.',
});
export const HubNotNamed = defineError({
  code: 'hub_not_named',
  class: 'invalid',
  title: 'No hub is known',
  meaning: 'Neither a flag nor the environment nor a hub started in this folder says where the hub is.',
  remedy: 'Start one here with `reeve up`, or say where it is with --url and --key (or REEVE_URL and REEVE_API_KEY).',
});
