// A tus server of others, to be measured against: node serve.mjs FOLDER, tells its port.
import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

const server = new Server({ path: "/files", datastore: new FileStore({ directory: process.argv[2] }) });
const listening = server.listen({ host: "127.0.0.1", port: 0 }, () => {
  console.log(listening.address().port);
});
