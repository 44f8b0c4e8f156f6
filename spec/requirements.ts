import type { Requirement } from './requirement.ts';
import { act } from './requirements/act.ts';
import { adm } from './requirements/adm.ts';
import { bcp } from './requirements/bcp.ts';
import { cau } from './requirements/cau.ts';
import { cid } from './requirements/cid.ts';
import { cli } from './requirements/cli.ts';
import { del } from './requirements/del.ts';
import { dpo } from './requirements/dpo.ts';
import { idj } from './requirements/idj.ts';
import { key } from './requirements/key.ts';
import { mcp } from './requirements/mcp.ts';
import { met } from './requirements/met.ts';
import { rar } from './requirements/rar.ts';
import { red } from './requirements/red.ts';
import { rev } from './requirements/rev.ts';
import { rsv } from './requirements/rsv.ts';
import { rtk } from './requirements/rtk.ts';
import { sam } from './requirements/sam.ts';
import { scm } from './requirements/scm.ts';
import { sso } from './requirements/sso.ts';
import { stp } from './requirements/stp.ts';
import { sub } from './requirements/sub.ts';
import { tex } from './requirements/tex.ts';

/** Every requirement of the catalogue, family after family in the order of the protocol. */
export const requirements: readonly Requirement[] = [
  ...idj,
  ...tex,
  ...red,
  ...sub,
  ...cid,
  ...cau,
  ...met,
  ...mcp,
  ...cli,
  ...rsv,
  ...dpo,
  ...rar,
  ...stp,
  ...act,
  ...rtk,
  ...sam,
  ...sso,
  ...rev,
  ...scm,
  ...key,
  ...adm,
  ...bcp,
  ...del,
];
