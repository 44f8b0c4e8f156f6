export { createLogoutReceiver, type LogoutReceiver } from './logout-receiver.ts';
export {
  createWebSignOn,
  type FinishedWebSignOn,
  type WebSignOn,
  type WebSignOnOptions,
  type WebSignOnRequest,
} from './sign-on.ts';
