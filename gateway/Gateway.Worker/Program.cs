using Gateway.Storage;
using Gateway.Worker;
using Gateway.Worker.Calls;
using Gateway.Worker.Configuration;
using Gateway.Worker.Health;
using Gateway.Worker.Spool;

const string Usage = """
    Gateway.Worker [run|check|print-config|migrate|health] CONFIGURATION.json
      run           (default) starts the gateway; SIGTERM drains and stops it
      check         reports all errors in the configuration, and all that would make a start fail
      print-config  shows the effective configuration, secrets masked
      migrate       migrates the database of storage.postgres to this version, with the rights of the user named there
      health        exit code 0 while the gateway of this configuration answers on this machine: the health check of its container
    Gateway.Worker settle CONFIGURATION.json SINCE
      brings a database restored from a dump of that time up to date from this node's spool; each call is charged once
    Gateway.Worker route-test CONFIGURATION.json TRUNK NUMBER
      shows the user whom the gateway calls when the PBX of a trunk dials a number (or a sip: or tel: address)
    """;

var verb = args.Length == 1 ? "run" : args.FirstOrDefault() ?? "";
var count = verb switch { "route-test" => 4, "settle" => 3, _ => args.Length == 1 ? 1 : 2 };
if (args.Length != count || verb is not ("run" or "check" or "print-config" or "migrate" or "health" or "settle" or "route-test"))
    return Refuse(Usage, []);
var path = args.Length == 1 ? args[0] : args[1];
if (path.StartsWith('-'))
    return Refuse(Usage, []);
if (!GatewayOptionsReader.TryReadFile(path, out var options, out var errors))
    return Refuse($"The configuration {path} cannot be used:", errors);
if (verb is "run" or "check" && StartChecks.Check(options, TimeProvider.System) is { Count: > 0 } faults)
    return Refuse($"The gateway cannot start with the configuration {path}:", faults);
switch (verb)
{
    case "check":
        Console.WriteLine($"The configuration {path} is valid.");
        return 0;
    case "print-config":
        Console.WriteLine(GatewayOptionsReader.Print(options));
        return 0;
    case "health":
        return await HealthCommand.RunAsync(options, Console.Out);
    case "route-test":
        return RouteTest.Run(options, args[2], args[3], Console.Out);
    case "settle":
        return await SettleAgain.RunAsync(options, args[2], Console.Out, CancellationToken.None);
    case "migrate":
        await StoreWait.ForMigrationAsync(options.Storage, TimeProvider.System, reason => Console.Error.WriteLine($"Waiting: {reason}"));
        await using (var database = options.Storage.OpenPostgres())
            foreach (var name in await Migrator.MigrateAsync(database, CancellationToken.None))
                Console.WriteLine(name);
        return 0;
    default:
        if (await StoreWait.ForRunAsync(options, TimeProvider.System))
            await GatewayHost.Build(options, Path.GetFullPath(path)).RunAsync();
        return 0;
}

static int Refuse(string what, IReadOnlyList<string> reasons)
{
    Console.Error.WriteLine(what);
    foreach (var reason in reasons)
        Console.Error.WriteLine("  " + reason);
    return 2;
}
