/** Who may hold an admin token. */
export const adminRoles = ['owner', 'policy_admin', 'app_owner', 'help_desk', 'auditor'] as const;

export type AdminRole = (typeof adminRoles)[number];

/** How far a right reaches: every object of the tenant, or those that belong to the apps the token names. */
export type Reach = 'all' | 'own';

type Grants = Readonly<Partial<Record<AdminRole, Reach>>>;

const everybody: Grants = { owner: 'all', policy_admin: 'all', app_owner: 'own', help_desk: 'all', auditor: 'all' };
const administrators: Grants = { owner: 'all', policy_admin: 'all' };
const ownerOnly: Grants = { owner: 'all' };

/**
 * What each role may do. A role that a right does not list does not have it. Every route names one right of this table,
 * so a right nobody thought of is a right nobody has.
 */
export const rightsTable = {
  /** Who the token is and what it may do. */
  'self.read': everybody,
  /** Client apps, resource apps and connections. */
  'policy.read': everybody,
  /** Makes client apps and resource apps. */
  'apps.create': administrators,
  /** Changes them, makes and changes connections; an app owner within the limits of `appOwnerFields` and `appOwnerRisks`. */
  'policy.write': { ...administrators, app_owner: 'own' },
  /** Approves, unblocks, enables: access begins. */
  'policy.open': { ...administrators, app_owner: 'own' },
  /** Blocks, disables: access ends. One end of a connection is enough. */
  'policy.stop': { ...administrators, app_owner: 'own' },
  'rules.read': { ...administrators, help_desk: 'all', auditor: 'all' },
  'rules.write': administrators,
  /** People, groups and sessions. */
  'people.read': { ...administrators, help_desk: 'all', auditor: 'all' },
  'people.write': administrators,
  /** Ends sessions and everything that rests on them. */
  'people.stop': { ...administrators, help_desk: 'all' },
  /** Ends the access of everybody. */
  'tenant.stop': ownerOnly,
  'keys.read': { ...administrators, auditor: 'all' },
  'keys.write': ownerOnly,
  /** Decisions and issuances; without `people.read`, nothing in them tells who the person was. */
  'decisions.read': everybody,
  /** What administrators did. */
  'changes.read': { ...administrators, auditor: 'all' },
  'tokens.read': { owner: 'all', auditor: 'all' },
  'tokens.write': ownerOnly,
} as const satisfies Readonly<Record<string, Grants>>;

export type Right = keyof typeof rightsTable;

/** How far the right of a role reaches; undefined when the role does not have it. */
export function reachOf(role: AdminRole, right: Right): Reach | undefined {
  const grants: Grants = rightsTable[right];
  return Object.hasOwn(grants, role) ? grants[role] : undefined; // LES-69
}

/** What an app owner may change on an app of their own. Tags and risks steer rules, so they are not among it. */
export const appOwnerFields = {
  clientApp: ['name', 'redirectUris', 'postLogoutRedirectUris'],
  resourceApp: ['name'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The risks of scopes that an app owner may put into a ceiling or let through. */
export const appOwnerRisks = ['read', 'write'] as const;
