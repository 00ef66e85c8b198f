using System.Runtime.InteropServices;
using Gateway.Storage;
using Gateway.Worker;
using Gateway.Worker.Calls;
using Gateway.Worker.Checks;
using Gateway.Worker.Configuration;
using Gateway.Worker.Health;
using Gateway.Worker.Setup;
using Gateway.Worker.Spool;
using Gateway.Worker.Tracing;

const string Usage = """
    Gateway.Worker [run|check|print-config|migrate|health] CONFIGURATION.json
      run           (default) starts the gateway; SIGTERM drains and stops it, SIGHUP reads the configuration again
      check         reports all errors in the configuration, and all that would make a start fail
      print-config  shows the effective configuration, secrets masked
      migrate       migrates the database of storage.postgres to this version, with the rights of the user named there
      health        exit code 0 while the gateway of this configuration answers on this machine: the health check of its container
    Gateway.Worker check CONFIGURATION.json --connect [--stun SERVER:PORT]
      tries stores, PBXs, Meta and this host, and says of each what to do; exit code 2 where calls cannot be taken
    Gateway.Worker init FOLDER [--FLAG VALUE …]
      asks for what a first configuration needs, or takes flags, and writes it with its secrets in files; VALUE @/path is read from a file
    Gateway.Worker meta [check|setup] CONFIGURATION.json --app APP_ID --account ACCOUNT_ID [--url https://HOST]
      check         shows what differs at Meta, and what Meta would refuse; changes nothing
      setup         sets the webhook and its fields, subscribes the app to the account, enables calling (needs --url; the gateway runs)
    Gateway.Worker settle CONFIGURATION.json SINCE
      brings a database restored from a dump of that time up to date from this node's spool; each call is charged once
    Gateway.Worker route-test CONFIGURATION.json TRUNK NUMBER
      shows step by step whom the gateway calls when the PBX of a trunk dials a number (or a sip: or tel: address)
    Gateway.Worker route-test CONFIGURATION.json inbound NUMBER_OR_ID [USER]
      shows step by step where a user's call to a business number goes
    Gateway.Worker trace CONFIGURATION.json CALL
      prints what happened to a call, message by message, by the gateway's id of it or WhatsApp's, and in its first line why it ended
    """;

if (args is ["init", var folder, .. var flags] && !folder.StartsWith('-'))
    return InitCommand.Run(folder, flags, Console.IsInputRedirected ? null : InitCommand.AskAtTerminal, Console.Out);
if (!CommandLine.TryParse(args, out var line))
    return Refuse(Usage, []);
if (!GatewayOptionsReader.TryReadFile(line.Path, out var options, out var errors))
    return Refuse($"The configuration {line.Path} cannot be used:", errors);
if (line.Verb is "run" or "check" && !line.Has("connect") && StartChecks.Check(options, TimeProvider.System) is { Count: > 0 } faults)
    return Refuse($"The gateway cannot start with the configuration {line.Path}:", faults);
switch (line.Verb)
{
    case "check" when line.Has("connect"):
        return await ConnectCheck.RunAsync(options, line["stun"], TimeProvider.System, Console.Out);
    case "check":
        Console.WriteLine($"The configuration {line.Path} is valid.");
        return 0;
    case "meta check" or "meta setup":
        using (var meta = new MetaCommand(options, line.MetaTarget, TimeProvider.System, Console.Out))
            return await (line.Verb == "meta check" ? meta.CheckAsync(CancellationToken.None) : meta.SetUpAsync(CancellationToken.None));
    case "print-config":
        Console.WriteLine(GatewayOptionsReader.Print(options));
        return 0;
    case "health":
        return await HealthCommand.RunAsync(options, Console.Out);
    case "route-test":
        return await new RouteTestCommand(options, TimeProvider.System, Console.Out).RunAsync(line.Words);
    case "trace":
        return await TraceCommand.RunAsync(options, line.Words[0], Console.Out);
    case "settle":
        return await SettleAgain.RunAsync(options, line.Words[0], Console.Out, CancellationToken.None);
    case "migrate":
        await StoreWait.ForMigrationAsync(options.Storage, TimeProvider.System, reason => Console.Error.WriteLine($"Waiting: {reason}"));
        await using (var database = options.Storage.OpenPostgres())
            foreach (var name in await Migrator.MigrateAsync(database, CancellationToken.None))
                Console.WriteLine(name);
        return 0;
    default:
        // SIGHUP ends no gateway, at no time: where it is not handled yet or any more, it does nothing.
        using (PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => signal.Cancel = true))
            if (await StoreWait.ForRunAsync(options, before => ReadAgain(line.Path, before), TimeProvider.System) is { } ready)
                await GatewayHost.Build(ready, Path.GetFullPath(line.Path)).RunAsync();
        return 0;
}

static GatewayOptions ReadAgain(string path, GatewayOptions before)
{
    if (GatewayOptionsReader.TryReadFile(path, out var options, out var errors))
        errors = StartChecks.Check(options, TimeProvider.System);
    if (errors.Count == 0)
        return options!;
    Refuse($"The configuration {path} cannot be used, and the one before stays:", errors);
    return before;
}

static int Refuse(string what, IReadOnlyList<string> reasons)
{
    Console.Error.WriteLine(what);
    foreach (var reason in reasons)
        Console.Error.WriteLine("  " + reason);
    return 2;
}
