// The yardstick: every client of a game gets the game's frames, by Socket.IO's own ways and its Redis adapter.
//
// Frames come over Redis, published as @socket.io/redis-emitter publishes them. PORT and REDIS_URL say where.
"use strict";

const { createServer } = require("node:http");
const { createAdapter } = require("@socket.io/redis-adapter");
const { createClient } = require("redis");
const { Server } = require("socket.io");

async function main() {
  const publisher = createClient({ url: process.env.REDIS_URL });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);

  const server = createServer();
  const io = new Server(server, {
    adapter: createAdapter(publisher, subscriber),
    transports: ["websocket"],
    serveClient: false,
  });
  io.on("connection", (socket) => {
    socket.join(`game:${socket.handshake.query.game}`);
    socket.emit("frame", { type: "hello", seq: 0 });
  });
  server.listen({ host: "127.0.0.1", port: Number(process.env.PORT), backlog: 4096 }, () => {
    console.log("listening");
  });
}

main();
