using System.Diagnostics;
using System.Text.Json;
using AdminApi.Tests.Kit;
using Testing;

namespace AdminApi.Tests;

/// <summary>
/// A client generated from the document (openapi-typescript, with openapi-fetch) compiles under strict rules and works against
/// the running API. Needs Node.js with npm, and the npm registry unless npm's cache has the packages; without them it fails with that
/// message.
/// </summary>
[Collection(ApiCollection.Name)]
public sealed class ClientTests(ApiFixture api) : IDisposable
{
    private static readonly string[] Sources = ["package.json", "package-lock.json", "tsconfig.json", "walk.ts"];

    /// <summary>Of this run only: the build's folder may be shared with a run on another Debian.</summary>
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-client-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_client_generated_from_the_document_compiles_and_works()
    {
        await Samples.CallAsync(api);
        await Samples.CallAsync(api);
        await Samples.CallAsync(api);
        await Samples.MissedCallAsync(api);
        await InstallAsync();
        var document = await api.Client.SendAsync(api.Get("/openapi/v1.json"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "openapi.json"), await document.Content.ReadAsStringAsync());
        await RunAsync("npm", "exec", "--offline", "--", "openapi-typescript", "openapi.json", "--output", "schema.d.ts");
        await RunAsync("npm", "exec", "--offline", "--", "tsc", "--project", ".");
        await RunAsync("node", "built/walk.js", api.Client.BaseAddress!.ToString().TrimEnd('/'), api.AdminKey);
    }

    /// <summary>The console is bundled without its types; here it is checked with those of the document.</summary>
    [Fact]
    public async Task The_console_fits_the_document_and_says_everything_in_every_language()
    {
        var console = Repository.File("admin-api", "Console");
        foreach (var file in Directory.EnumerateFiles(console, "*", SearchOption.AllDirectories)
            .Where(file => !file.Contains("node_modules", StringComparison.Ordinal)))
        {
            var copy = Path.Combine(_folder, Path.GetRelativePath(console, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        await RunAsync("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline");
        var document = await api.Client.SendAsync(api.Get("/openapi/v1.json"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "openapi.json"), await document.Content.ReadAsStringAsync());
        await RunAsync("npm", "run", "types");
        await RunAsync("npm", "run", "check");
        var words = Directory.EnumerateFiles(Path.Combine(console, "languages")).ToDictionary(
            path => Path.GetFileName(path),
            path => JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(path))!.Keys.Order().ToArray());
        Assert.Equal(2, words.Count);
        Assert.All(words.Values, language => Assert.Equal(words["en.json"], language));
    }

    /// <summary>Installs the packages that the lock file names.</summary>
    private async Task InstallAsync()
    {
        foreach (var source in Sources)
            File.Copy(Repository.File("tests", "AdminApi.Tests", "Client", source), Path.Combine(_folder, source));
        await RunAsync("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline");
    }

    private async Task RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            program, arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Start(start);
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
        var errors = process.StandardError.ReadToEndAsync(timeout.Token);
        await process.WaitForExitAsync(timeout.Token);
        Assert.True(process.ExitCode == 0,
            $"{program} {string.Join(' ', arguments)} in {_folder} ended with {process.ExitCode}:\n{await output}\n{await errors}");
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new InvalidOperationException(
                $"{start.FileName} is missing: the generated client needs Node.js 18 or newer with npm (Debian: nodejs npm).");
        }
    }
}
