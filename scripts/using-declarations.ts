/**
 * Teaches the visitor of swc, with which dependency-cruiser walks, the statements `using` and `await using`: it throws
 * on them (seen with @swc/core 1.16.22). Import it before dependency-cruiser does its work.
 */
import type { Statement, VariableDeclarator } from '@swc/core';
import { Visitor } from '@swc/core/Visitor.js';

interface UsingDeclaration {
  readonly type: 'UsingDeclaration';
  readonly span: Statement['span'];
  readonly decls: VariableDeclarator[];
}

const visitOthers = Visitor.prototype.visitStatement;

Visitor.prototype.visitStatement = function (statement: Statement | UsingDeclaration): Statement {
  return visitOthers.call(this, statement.type === 'UsingDeclaration' ? asConst(statement) : statement);
};

/** For imports in it, `using x = y` is `const x = y`. */
function asConst({ span, decls }: UsingDeclaration): Statement {
  return { type: 'VariableDeclaration', kind: 'const', declare: false, declarations: decls, span };
}
