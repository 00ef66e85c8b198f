using Gateway.Worker;
using Gateway.Worker.Configuration;

const string Usage = """
    Gateway.Worker [run|check|print-config] CONFIGURATION.json
      run           (default) starts the gateway; SIGTERM drains and stops it
      check         reads the configuration and says all that is wrong with it
      print-config  shows the effective configuration, secrets masked
    """;

var verb = args.Length == 2 ? args[0] : "run";
if (args.Length is 0 or > 2 || verb is not ("run" or "check" or "print-config") || args[^1].StartsWith('-'))
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
    default:
        await GatewayHost.Build(options).RunAsync();
        return 0;
}
