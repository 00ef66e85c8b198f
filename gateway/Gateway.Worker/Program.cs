using Gateway.Storage;
using Gateway.Worker;
using Gateway.Worker.Configuration;

const string Usage = """
    Gateway.Worker [run|check|print-config|migrate] CONFIGURATION.json
      run           (default) starts the gateway; SIGTERM drains and stops it
      check         reads the configuration and says all that is wrong with it
      print-config  shows the effective configuration, secrets masked
      migrate       brings the database of storage.postgres to this version, with the rights of the user that it names
    """;

var verb = args.Length == 2 ? args[0] : "run";
if (args.Length is 0 or > 2 || verb is not ("run" or "check" or "print-config" or "migrate") || args[^1].StartsWith('-'))
{
    Console.Error.WriteLine(Usage);
    return 2;
}
if (!GatewayOptionsReader.TryReadFile(args[^1], out var options, out var errors))
{
    Console.Error.WriteLine($"The configuration {args[^1]} cannot be used:");
    foreach (var error in errors)
        Console.Error.WriteLine("  " + error);
    return 2;
}
switch (verb)
{
    case "check":
        Console.WriteLine($"The configuration {args[^1]} can be used.");
        return 0;
    case "print-config":
        Console.WriteLine(GatewayOptionsReader.Print(options));
        return 0;
    case "migrate":
        await using (var database = Database.Open(options.Storage.Postgres.Reveal()))
            foreach (var name in await Migrator.MigrateAsync(database, CancellationToken.None))
                Console.WriteLine(name);
        return 0;
    default:
        await GatewayHost.Build(options).RunAsync();
        return 0;
}
