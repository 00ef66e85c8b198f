using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Interop.Bench;
using Testing.Peers;

namespace Interop.Browser;

/// <summary>
/// Headless Chromium on the sandbox's phone page: a WhatsApp user whose ICE, DTLS, SRTP and Opus are not ours. Its microphone plays a tone.
/// </summary>
public sealed class ChromiumPhone : IAsyncDisposable
{
    private const int Rate = 48000;

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-chromium-").FullName;
    private readonly Process _process;
    private readonly List<string> _log = [];

    private ChromiumPhone(string user, string url)
    {
        User = user;
        var microphone = Path.Combine(_folder, "microphone.wav");
        WaveFile.WriteTone(microphone, UserCall.Hertz, Rate, TimeSpan.FromSeconds(60));
        var start = new ProcessStartInfo("chromium",
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--mute-audio",
            "--allow-loopback-in-peer-connection", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
            "--use-file-for-fake-audio-capture=" + microphone, "--autoplay-policy=no-user-gesture-required",
            "--user-data-dir=" + Path.Combine(_folder, "profile"), url,
        ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException("Chromium did not start.");
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The number of the user whose phone this is.</summary>
    public string User { get; }

    /// <summary>Opens the page and waits until it has signed in.</summary>
    public static async Task<ChromiumPhone> OpenAsync(WhatsApp whatsApp, string auto = "Answer")
    {
        var user = whatsApp.NewNumber();
        var phone = new ChromiumPhone(user, $"{whatsApp.Url}/phone?user={user}");
        try
        {
            await Eventually.SeeAsync(
                async () => (await whatsApp.Control.GetFromJsonAsync<JsonArray>("users"))!.Any(known => (string?)known!["phone"] == user),
                "Chromium has opened the phone page", TimeSpan.FromSeconds(60));
            await Eventually.SeeAsync(() => whatsApp.HasPage(user), "the page is connected");
            await whatsApp.PermitAsync(user, auto, "browser");
            return phone;
        }
        catch (TimeoutException e)
        {
            var log = phone.Log();
            await phone.DisposeAsync();
            throw new TimeoutException(e.Message + "\n" + log);
        }
    }

    public string Log()
    {
        lock (_log)
            return string.Join('\n', _log.TakeLast(40));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // A helper process of Chromium's still writes its profile for a moment; the folder is temporary.
        }
    }

    private void Note(string? line)
    {
        if (line is null)
            return;
        lock (_log)
            _log.Add(line);
    }
}
