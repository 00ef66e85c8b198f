using System.Diagnostics;

namespace Deploy;

/// <summary>Runs programs to their end.</summary>
internal static class Command
{
    /// <summary>The exit code, and all that it printed.</summary>
    public static async Task<(int Code, string Output)> RunAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        string[] command = ["-c", "exec \"$@\" 2>&1", "bash", program, .. arguments];
        var start = new ProcessStartInfo("bash", command) { RedirectStandardOutput = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }

    /// <summary>What it printed; a failed assertion with that where it fails.</summary>
    public static async Task<string> SucceedsAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var (code, output) = await RunAsync(program, arguments, environment);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)} ended with {code}:\n{output}");
        return output;
    }
}
