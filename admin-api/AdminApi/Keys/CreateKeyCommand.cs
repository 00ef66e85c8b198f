using AdminApi.Platform;
using Gateway.Storage;
using Gateway.Storage.Admin;

namespace AdminApi.Keys;

/// <summary>`AdminApi create-key NAME SCOPES`: creates a key on the machine itself, such as the
/// first one. Prints its text and nothing else.</summary>
public static class CreateKeyCommand
{
    public const string Verb = "create-key";

    private const string Usage =
        "AdminApi create-key NAME SCOPE[,SCOPE…]   scopes: read, operate, billing, admin; AdminApi__Postgres names the database";

    /// <returns>The exit code: 2 where the arguments are wrong.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output)
    {
        string[] options = [.. args.Where(IsOption)];
        var configuration = new ConfigurationBuilder().AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables()
            .AddCommandLine(options).Build();
        var postgres = configuration[$"{AdminApiOptions.Section}:Postgres"];
        if (args.Except(options).ToArray() is not [Verb, { Length: >= 1 and <= 200 } name, var scopes]
            || postgres is null || scopes.Split(',') is var words && words.Any(word => !WireValue<Scope>.TryParse(word, out _)))
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }
        var password = PasswordFile.Of(configuration[$"{AdminApiOptions.Section}:{nameof(AdminApiOptions.PostgresPasswordFile)}"]);
        await using var database = Database.Open(postgres, password);
        var key = KeyText.New();
        await new KeyStore(database)
            .CreateAsync(key.Id, key.Hash, name, [.. words.Distinct()], null, "command line", CancellationToken.None);
        await output.WriteLineAsync(key.Text);
        return 0;
    }

    private static bool IsOption(string argument) => argument.StartsWith("--", StringComparison.Ordinal);
}
