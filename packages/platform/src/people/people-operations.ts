import {
  confirmTotp,
  createSession,
  endSession,
  enrolTotp,
  refreshSession,
  showSelf,
  stepUpSession,
} from '../api/sessions.ts';
import { changePassword, changeRole, createUser, disableUser, listUsers, resetPassword } from '../api/users.ts';
import { bind, type BoundOperation } from '../operations/index.ts';
import { confirmHandler, enrolHandler } from './authenticator.ts';
import { changePasswordHandler } from './change-password.ts';
import { changeRoleHandler } from './change-role.ts';
import type { PeopleParts } from './components.ts';
import { createUserHandler } from './create-user.ts';
import { disableUserHandler } from './disable-user.ts';
import { listUsersHandler } from './list-users.ts';
import { logInHandler } from './log-in.ts';
import { logOutHandler, showSelfHandler, stepUpHandler } from './own-session.ts';
import { refreshHandler } from './refresh.ts';
import { resetPasswordHandler } from './reset-password.ts';

export function peopleOperations(parts: PeopleParts): readonly BoundOperation[] {
  return [
    bind(createSession, logInHandler(parts)),
    bind(refreshSession, refreshHandler(parts)),
    bind(showSelf, showSelfHandler(parts)),
    bind(endSession, logOutHandler(parts)),
    bind(stepUpSession, stepUpHandler(parts)),
    bind(enrolTotp, enrolHandler(parts)),
    bind(confirmTotp, confirmHandler(parts)),
    bind(createUser, createUserHandler(parts)),
    bind(listUsers, listUsersHandler(parts)),
    bind(changeRole, changeRoleHandler(parts)),
    bind(disableUser, disableUserHandler(parts)),
    bind(resetPassword, resetPasswordHandler(parts)),
    bind(changePassword, changePasswordHandler(parts)),
  ];
}
