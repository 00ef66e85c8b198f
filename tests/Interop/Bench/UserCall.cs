using System.Net;
using System.Net.Http.Json;
using Sandbox.Calls;
using Sandbox.Control;
using Sandbox.Handsets;

namespace Interop.Bench;

/// <summary>One call as its WhatsApp user sees it.</summary>
public sealed class UserCall(WhatsApp whatsApp, string id, string user)
{
    /// <summary>The tone that handsets send by default.</summary>
    public const double Hertz = 1000;

    public string Id => id;

    /// <summary>The user's number.</summary>
    public string User => user;

    private string Path => "calls/" + Uri.EscapeDataString(id);

    public async Task<CallView> ViewAsync() => (await whatsApp.Control.GetFromJsonAsync<CallView>(Path, WhatsApp.Json))!;

    public Task<CallView> UntilAsync(Func<CallView, bool> wanted, string what, TimeSpan? timeout = null) =>
        Eventually.SeeAsync(ViewAsync, wanted, what, Describe, timeout);

    public Task<CallView> UntilActiveAsync() => UntilAsync(call => call.State == CallState.Active, "the call is active at WhatsApp");

    public Task<CallView> UntilEndedAsync(TimeSpan? timeout = null) =>
        UntilAsync(call => call.State == CallState.Ended, "the call has ended at WhatsApp", timeout);

    /// <summary>Waits until the user hears this tone now.</summary>
    public Task<CallView> HearsAsync(double hertz, TimeSpan? timeout = null) =>
        UntilAsync(call => call.Report is { } report && IsTone(report, hertz), $"the user hears {hertz} Hz", timeout);

    /// <summary>Something loud that is none of these voices.</summary>
    public Task<CallView> HearsMusicAsync(params IReadOnlyList<double> voices) => UntilAsync(
        call => call.Report is { LevelDb: > -40 } report && !voices.Any(voice => IsTone(report, voice)), "the user hears music");

    public Task<CallView> HearsSilenceAsync() =>
        UntilAsync(call => call.Report is { PacketsReceived: > 0, LevelDb: < -50 }, "the user hears silence");

    public Task HangUpAsync() => whatsApp.SendAsync(HttpMethod.Post, Path + "/hangup", new { });

    /// <summary>For races: hangs up, or finds that the other side was first.</summary>
    public async Task HangUpUnlessOverAsync()
    {
        using var response = await whatsApp.Control.PostAsJsonAsync(Path + "/hangup", new { });
        Assert.True(response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.Conflict, $"{response.StatusCode}");
    }

    public Task AnswerAsync() => whatsApp.SendAsync(HttpMethod.Post, Path + "/answer", new { });

    public Task DeclineAsync() => whatsApp.SendAsync(HttpMethod.Post, Path + "/decline", new { });

    public Task PressAsync(string digits) => whatsApp.SendAsync(HttpMethod.Post, Path + "/digits", new { digits });

    public Task SendToneAsync(double hertz) => whatsApp.SendAsync(HttpMethod.Post, Path + "/tone", new { hertz });

    public static bool IsTone(HandsetReport report, double hertz) => report.ToneHertz is { } heard && Math.Abs(heard - hertz) < 8;

    internal static string Describe(CallView call) =>
        $"{call.State}, outcome {call.Outcome} {call.ErrorCode}, report {call.Report}\n  "
        + string.Join("\n  ", call.Timeline.Select(entry => $"{entry.At:HH:mm:ss.fff} {entry.Kind} {entry.What}: {entry.Detail}"));
}
