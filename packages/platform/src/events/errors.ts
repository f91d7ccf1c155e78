import { defineError } from '@reeve/kernel';

/** Details: `{ after, oldest }`; resume from `oldest - 1` to go on with what is kept. */
export const EventsGone = defineError({
  code: 'events_gone',
  class: 'gone',
  title: 'These events are no longer kept',
  meaning: 'The position to resume from is older than the oldest event that is kept; events between would be missing.',
  remedy: 'Read the present state, then resume from the oldest position named in the detail.',
});
/** Details: `{ after, newest }`. */
export const EventPositionAhead = defineError({
  code: 'event_position_ahead',
  class: 'invalid',
  title: 'There is no such event yet',
  meaning:
    'The position to resume from is beyond the newest event: it is from another database, or from before a restore.',
  remedy: 'Read the present state, then resume from the newest position named in the detail.',
});
