using System.Diagnostics;
using Testing.Peers;

namespace Sandbox.Tests;

/// <summary>A test that needs Chromium; where there is none it is reported as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (!File.Exists(Chromium.Path))
            Skip = Chromium.Path + " is not installed";
    }
}

/// <summary>The same for a theory.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute()
    {
        if (!File.Exists(Chromium.Path))
            Skip = Chromium.Path + " is not installed";
    }
}

/// <summary>Headless Chromium with one page open and a microphone that plays a beep; it ends with the test.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly string _profile = Directory.CreateTempSubdirectory("phone-").FullName;
    private readonly Process _process;

    private Browser(string url)
    {
        _process = Process.Start(new ProcessStartInfo(Chromium.Path,
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--user-data-dir=" + _profile,
            "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required", url,
        ])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    public static Browser Open(string url) => new(url);

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        try
        {
            Directory.Delete(_profile, recursive: true);
        }
        catch (IOException)
        {
            // A child of the browser still writes; the folder is a temporary one.
        }
    }
}
