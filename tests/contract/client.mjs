// The JavaScript SDK, unmodified, as a child process: each line of standard input is {"operation", "input"}, each line
// of standard output {"output"} or {"code", "message"}. Started with the SDK's folder, the endpoint and the region.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [folder, endpoint, region] = process.argv.slice(2);
const sdk = createRequire(folder + "/")("@aws-sdk/client-database-migration-service");
const client = new sdk.DatabaseMigrationServiceClient({ endpoint, region, maxAttempts: 1 });

// Times travel as numbers of seconds, for JSON has no dates.
const revive = (input) =>
  Object.fromEntries(Object.entries(input).map(([key, value]) => [key, key.endsWith("Time") ? new Date(value * 1000) : value]));

for await (const line of createInterface({ input: process.stdin })) {
  const { operation, input } = JSON.parse(line);
  try {
    const { $metadata, ...output } = await client.send(new sdk[operation + "Command"](revive(input)));
    console.log(JSON.stringify({ output }));
  } catch (error) {
    console.log(JSON.stringify({ code: error.name, message: error.message }));
  }
}
