using System.Globalization;
using BillingWorker;
using Npgsql;

// BillingWorker POSTGRES NODE WORKERS SEED CHANNEL…: a node without real calls that uses the store as one with calls would, until it is
// killed.
await using var database = NpgsqlDataSource.Create(args[0]);
var node = new SimulatedNode(database, args[1], args[4..]);
await node.RunAsync(workers: int.Parse(args[2], CultureInfo.InvariantCulture), seed: int.Parse(args[3], CultureInfo.InvariantCulture));
