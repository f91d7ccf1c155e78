import type { AlertRule } from './alert-rule.ts';

/** The rules as a file for Prometheus (`rule_files`). JSON is YAML, so texts are written as JSON strings. */
export function prometheusRules(group: string, rules: readonly AlertRule[]): string {
  return [`groups:`, `  - name: ${group}`, `    rules:`, ...rules.flatMap(linesOf), ''].join('\n');
}

function linesOf({ name, condition, forMs, severity, owner, summary, action, runbook }: AlertRule): string[] {
  return [
    `      - alert: ${name}`,
    `        expr: ${JSON.stringify(condition)}`,
    `        for: ${forMs / 1_000}s`,
    `        labels: ${JSON.stringify({ severity, owner })}`,
    `        annotations: ${JSON.stringify({ summary, action, runbook })}`,
  ];
}
