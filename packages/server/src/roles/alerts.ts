import { formatDurationMs } from '@reeve/kernel';
import { prometheusRules } from '@reeve/platform';
import { alertRules } from '../alerts.ts';

export interface AlertsOptions {
  /** `prometheus`: a file of rules; `json`: one line; `text`: for people. */
  readonly form: 'prometheus' | 'json' | 'text';
}

/** Prints the alert rules. */
export async function run({ form }: AlertsOptions): Promise<void> {
  process.stdout.write(textOf(form));
}

function textOf(form: AlertsOptions['form']): string {
  switch (form) {
    case 'prometheus':
      return prometheusRules('reeve', alertRules);
    case 'json':
      return `${JSON.stringify(alertRules)}\n`;
    case 'text':
      return alertRules
        .map(({ name, severity, owner, summary, forMs, condition, action, runbook }) =>
          [
            `${name} (${severity}, ${owner})`,
            `  ${summary}, for ${formatDurationMs(forMs)}`,
            `  when    ${condition}`,
            `  do      ${action}`,
            `  runbook ${runbook}\n`,
          ].join('\n'),
        )
        .join('\n');
  }
}
