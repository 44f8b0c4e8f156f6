import { createResourceServer } from '@crossgrant/resource';
import { buildAccessTokenClaims, plainHeaders, newId, newJti } from '@crossgrant/protocol';
import { generateSigningKey, signJws } from '@crossgrant/protocol/jws';
import { jwtVerify, createLocalJWKSet } from 'jose';
async function timeA(n:string,c:number,f:(i:number)=>Promise<unknown>){ for(let i=0;i<c/4;i++)await f(i); const t=process.cpuUsage(); for(let i=0;i<c;i++)await f(i); const d=process.cpuUsage(t); console.log(n,((d.user+d.system)/c).toFixed(2),'us cpu'); }
for (const alg of ['ES256','RS256'] as const){
const key=generateSigningKey(alg,'k'); const now=Math.floor(Date.now()/1000);
const rs=createResourceServer({resource:'https://mcp.chat.example/mcp',authorizationServer:'https://auth.chat.example',scopesSupported:['a'],keys:{keys:[key.publicJwk]}});
const mk=(i:number)=>signJws(key,'at+jwt',buildAccessTokenClaims({issuer:'https://auth.chat.example',subject:'a',resource:'https://mcp.chat.example/mcp',clientId:'c',jti:'j'+i,issuedAt:now,lifetimeSeconds:600,scope:['a','b'],customer:'cus',authTime:now-5,acr:'phr',amr:['mfa']}));
const t=mk(0); const req={headers:plainHeaders([['authorization','Bearer '+t]])};
const set=createLocalJWKSet({keys:[key.publicJwk as any]});
await timeA(alg+' jose',2000,()=>jwtVerify(t,set,{issuer:'https://auth.chat.example',audience:'https://mcp.chat.example/mcp'}));
const N=alg==='ES256'?2000:300; const toks=Array.from({length:N*2},(_,i)=>({headers:plainHeaders([['authorization','Bearer '+mk(i+1)]])})); let at=0;
await timeA(alg+' fresh',N,async()=>{const r=await rs.authenticate(toks[at++]!); if(!r.ok) throw 1;});
await timeA(alg+' seen',50000,async()=>{const r=await rs.authenticate(req); if(!r.ok) throw 1;});
}
await timeA('newId',50000,async()=>newId('aud'));
await timeA('newJti',50000,async()=>newJti());
