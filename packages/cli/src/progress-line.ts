/** One line on standard error that is written over; nothing when that is no terminal. */
export class ProgressLine {
  readonly visible = Boolean(process.stderr.isTTY);

  show(text: string): void {
    if (this.visible) process.stderr.write(`\r\u001b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
  }

  clear(): void {
    if (this.visible) process.stderr.write('\r\u001b[K');
  }
}
