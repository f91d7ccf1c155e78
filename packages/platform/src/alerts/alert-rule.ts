/** `info` is told, `warning` is looked at within the day, `critical` wakes somebody. */
export type AlertSeverity = 'info' | 'warning' | 'critical';

/** What has to be looked at, when, by whom, and what is to be done: a rule without an answer to these is noise. */
export interface AlertRule {
  /** CamelCase, unique over the system. */
  readonly name: string;
  /** What is the matter, in one sentence. */
  readonly summary: string;
  /** PromQL over the metrics of `/metrics`; true while it has a sample. */
  readonly condition: string;
  /** How long the condition has to hold before anybody is told. */
  readonly forMs: number;
  readonly severity: AlertSeverity;
  /** What to do first. */
  readonly action: string;
  /** The role that answers. */
  readonly owner: string;
  /** Page with the commands to run, from the root of the repository. */
  readonly runbook: string;
}
