using System.Diagnostics;
using Interop.Bench;
using Interop.Browser;
using Sandbox.Handsets;
using Testing.Peers;
using Xunit.Abstractions;

namespace Interop;

/// <summary>
/// Live calls of a node that is killed, or drained: a browser and handsets as the users, desk phones and Asterisk's echo as the agents.
/// They go on at another node; how long nothing was heard is printed. More calls by hand: GATEWAY_TAKEOVER_CALLS.
/// </summary>
[Collection(InteropCollection.Name)]
public sealed class LostNodeCalls(LostNodeBench bench, ITestOutputHelper output) : BenchTests(bench), IClassFixture<LostNodeBench>
{
    private static readonly int Calls = int.Parse(Environment.GetEnvironmentVariable("GATEWAY_TAKEOVER_CALLS") ?? "6");

    /// <summary>Three seconds are promised; and room for a busy machine.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    /// <summary>Packets after which nothing is left of what was heard before.</summary>
    private const int WholeTone = 20;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(25);

    [Fact]
    public Task After_kill_9_every_call_is_heard_at_both_ends_again() => GoOnAsync(bench.KillFirstAsync);

    [Fact]
    public Task Drained_by_the_admin_API_a_node_moves_its_calls() =>
        GoOnAsync(() => bench.Admin.PostAsync($"nodes/{bench.First}/drain", new { }));

    private async Task GoOnAsync(Func<Task> leaveAsync)
    {
        await bench.StartFirstAsync();
        await using var browser = await ChromiumPhone.OpenAsync(bench.WhatsApp);
        await using var behind = await bench.PhoneAsync(isBehind: true);
        await using var trunk = await bench.PhoneAsync(isBehind: false);
        var talks = new List<Talk>
        {
            await TalkAsync(await bench.WhatsApp.CallAsync(browser.User, LostNodeBench.Pbx, "call-ann", hertz: null), behind),
            await TalkAsync(await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), LostNodeBench.Phone, ""), trunk),
        };
        for (var i = talks.Count; i < Calls; i++)
            talks.Add(await TalkAsync(await EchoAsync(isInbound: i % 2 == 0), null));
        foreach (var talk in talks)
            await bench.LeftAsync(talk.Id);

        foreach (var talk in talks)
            talk.Handset?.ForgetAudio();
        var users = new TaskCompletionSource();
        var phones = talks.Where(talk => talk.Phone is not null).Select(talk => PhoneHearsAgainAsync(talk, users.Task)).ToArray();
        await leaveAsync();
        await HearAgainAsync(talks);
        users.SetResult();
        await Task.WhenAll(phones);
        Print(talks);
        Assert.All(talks, talk => Assert.InRange(talk.Silence, TimeSpan.Zero, Soon));
        Assert.All(talks, talk => Assert.InRange(talk.PhoneSilence, TimeSpan.Zero, Soon));

        await bench.KillFirstAsync(); // it has nothing any more
        foreach (var talk in talks)
            await talk.Call.HangUpAsync();
        foreach (var talk in talks)
            await bench.EndsWithAsync(talk.Call, "whatsapp_hung_up");
        Assert.Equal((Calls, Calls, true, 0m), await bench.MoneyAsync([.. talks.Select(talk => talk.Call.User)]));
    }

    /// <summary>A call whose user hears the own tone back: both ways are heard in one.</summary>
    private async Task<UserCall> EchoAsync(bool isInbound)
    {
        var user = await bench.WhatsApp.UserAsync();
        if (isInbound)
            return await bench.WhatsApp.CallAsync(user, LostNodeBench.Pbx, "echo");
        await bench.Asterisk.OriginateAsync($"PJSIP/+{user}@lost-pbx", "echo", "none");
        return await bench.WhatsApp.IncomingAsync(user);
    }

    private async Task<Talk> TalkAsync(UserCall call, Baresip? phone)
    {
        await call.HearsAsync(phone is null ? UserCall.Hertz : LostNodeBench.Hertz);
        if (phone is not null)
            await Eventually.SeeAsync(() => phone.HeardTone(UserCall.Hertz), "the phone hears the user");
        return new Talk(call, await bench.IdOfAsync(call.User), bench.WhatsApp.HandsetOf(call) as NativeHandset, phone);
    }

    /// <summary>
    /// All users hear their tones from the other node. Handsets and browser measure their silence by themselves, and are asked afterwards
    /// and one after the other: what is asked of 50 meanwhile is processor time that the calls need.
    /// </summary>
    private async Task HearAgainAsync(List<Talk> talks)
    {
        var packets = new List<long>();
        foreach (var talk in talks)
        {
            await bench.TakenAsync(talk.Id);
            packets.Add((await talk.Call.ViewAsync()).Report!.PacketsReceived);
        }
        foreach (var (talk, before) in talks.Zip(packets))
        {
            var heard = await talk.Call.UntilAsync(
                seen => seen.Report!.PacketsReceived > before + WholeTone && UserCall.IsTone(seen.Report, talk.Hertz),
                "the user hears the tone again");
            talk.Silence = TimeSpan.FromMilliseconds(heard.Report!.LongestSilenceMs!.Value);
        }
    }

    /// <summary>Watches what the phone records grow: each tenth of a second with the tone.</summary>
    private async Task PhoneHearsAgainAsync(Talk talk, Task taken)
    {
        var (blocks, last, more) = (talk.ToneBlocks, Stopwatch.GetTimestamp(), 0);
        while (more < WholeTone)
        {
            Assert.InRange(Stopwatch.GetElapsedTime(last), TimeSpan.Zero, Eventually.Timeout);
            await Task.Delay(Look);
            if (talk.ToneBlocks is var now && now == blocks)
                continue;
            var silence = Stopwatch.GetElapsedTime(last);
            talk.PhoneSilence = silence > talk.PhoneSilence ? silence : talk.PhoneSilence;
            (blocks, last, more) = (now, Stopwatch.GetTimestamp(), taken.IsCompleted ? more + 1 : 0);
        }
    }

    private void Print(List<Talk> talks)
    {
        var silences = talks.Skip(1).Select(talk => talk.Silence.TotalMilliseconds).Order().ToArray();
        output.WriteLine(
            $"{talks.Count} call(s). The longest silence of {silences.Length} handsets: median {silences[silences.Length / 2]:0} ms, "
            + $"at most {silences[^1]:0} ms; of the browser: {talks[0].Silence.TotalMilliseconds:0} ms; of the two desk phones, "
            + $"which is told to a tenth of a second: {talks.Max(talk => talk.PhoneSilence).TotalSeconds:0.0} s.");
    }

    /// <summary>One live call.</summary>
    /// <param name="Call">As its user sees it.</param>
    /// <param name="Id">Our own id.</param>
    /// <param name="Handset">The user's; null: a browser.</param>
    /// <param name="Phone">The agent's; null: Asterisk's echo.</param>
    private sealed record Talk(UserCall Call, string Id, NativeHandset? Handset, Baresip? Phone)
    {
        /// <summary>The tone that the user hears.</summary>
        public double Hertz => Phone is null ? UserCall.Hertz : LostNodeBench.Hertz;

        /// <summary>For how long the phone has heard the user, in tenths of a second.</summary>
        public int ToneBlocks => Phone?.ToneBlocks(UserCall.Hertz) ?? 0;

        /// <summary>The longest silence that the user heard while the call changed hands. Of an echo: both ways.</summary>
        public TimeSpan Silence { get; set; }

        /// <summary>The same of the phone, to about a tenth of a second.</summary>
        public TimeSpan PhoneSilence { get; set; }
    }
}
