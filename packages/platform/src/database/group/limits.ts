/** Bounds of the groups in which units of work are committed; the defaults fit one machine that does other work too. */
export interface GroupLimits {
  /** Units in one commit: bounds how long a unit waits for those that share its commit. */
  readonly groupUnits: number;
  /** Characters and bytes in one commit. */
  readonly groupBytes: number;
  /** Units that may wait; more are refused with `Overloaded`. */
  readonly queuedUnits: number;
  /** Characters and bytes that may wait. */
  readonly queuedBytes: number;
}

export const defaultGroupLimits: GroupLimits = {
  groupUnits: 500,
  groupBytes: 8 * 2 ** 20,
  queuedUnits: 50_000,
  queuedBytes: 128 * 2 ** 20,
};
