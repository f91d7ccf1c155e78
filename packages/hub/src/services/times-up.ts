import { attemptError } from '../domain/attempt-error.ts';
import { AttemptTimedOut, LeaseExpired } from '../errors.ts';
import type { Breakers } from './breakers.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { TimesUp } from './lease-keeper.ts';
import type { Settlement } from './settlement.ts';
import type { TaskBoard } from './task-board.ts';

export interface TimesUpParts {
  readonly board: TaskBoard;
  readonly dispatcher: Dispatcher;
  readonly settlement: Settlement;
  readonly breakers: Breakers;
}

/** What follows when a time is over. The parts are asked for then: they are built after what watches the times. */
export function timesUp(parts: () => TimesUpParts, leaseTtlMs: number): TimesUp {
  return {
    attemptTimedOut(lease) {
      lease.agent.link?.cancel(lease.task.id, lease.fence, 'the attempt took too long');
      const message = `not finished within ${lease.task.timeoutMs} ms`;
      parts().settlement.giveUp(lease, attemptError(AttemptTimedOut, message));
    },
    leaseExpired(lease) {
      const message = `its agent was silent for ${leaseTtlMs} ms`;
      parts().settlement.giveUp(lease, attemptError(LeaseExpired, message));
    },
    deadlinePresses: (task) => parts().board.press(task),
    deadlinePassed: (task) => void parts().settlement.expire(task),
    breakerOpen(agent) {
      const { breakers, dispatcher } = parts();
      if (breakers.endPause(agent)) dispatcher.agentChanged(agent);
    },
    taskIsDue(task) {
      const { board, dispatcher } = parts();
      board.enqueue(task);
      dispatcher.queueChanged(task.queue);
    },
  };
}
