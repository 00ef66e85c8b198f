using System.Security.Cryptography;

namespace Sandbox.Handsets;

/// <summary>
/// A handset without media: well-formed SDP with an address where nothing listens. For tests of signalling alone; WhatsApp's media timers
/// do not run for it.
/// </summary>
public sealed class PaperHandset : IHandset
{
    private bool _open;

    public Task<string> CreateOfferAsync(CancellationToken cancel) => Task.FromResult(Sdp("actpass", "0"));

    public Task ApplyAnswerAsync(string sdp, CancellationToken cancel) => Task.CompletedTask;

    public Task<string> AcceptOfferAsync(string sdp, CancellationToken cancel) => Task.FromResult(Sdp("passive", "0"));

    public Task OpenAudioAsync(CancellationToken cancel)
    {
        _open = true;
        return Task.CompletedTask;
    }

    public Task SendToneAsync(double hertz, CancellationToken cancel) => Task.CompletedTask;

    public Task SendDigitsAsync(string digits, CancellationToken cancel) => Task.CompletedTask;

    public Task<HandsetReport> ReportAsync(CancellationToken cancel) =>
        Task.FromResult(new HandsetReport { HasMedia = false, Connected = _open });

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string Sdp(string setup, string mid)
    {
        var fingerprint = string.Join(':', RandomNumberGenerator.GetBytes(32).Select(b => b.ToString("X2")));
        string[] lines =
        [
            "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", $"a=group:BUNDLE {mid}", "a=ice-lite",
            "m=audio 9 UDP/TLS/RTP/SAVPF 111 126", "c=IN IP4 127.0.0.1", "a=candidate:1 1 udp 2122260223 127.0.0.1 9 typ host",
            $"a=ice-ufrag:{RandomNumberGenerator.GetHexString(16)}", $"a=ice-pwd:{RandomNumberGenerator.GetHexString(24)}",
            $"a=fingerprint:sha-256 {fingerprint}", $"a=setup:{setup}", $"a=mid:{mid}", "a=sendrecv", "a=rtcp-mux",
            "a=rtpmap:111 opus/48000/2", "a=rtpmap:126 telephone-event/8000", "a=ssrc:1 cname:paper", "",
        ];
        return string.Join("\r\n", lines);
    }
}
