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

    private readonly Stopwatch _watch = new();

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
            talk.Forget();
        _watch.Restart();
        await leaveAsync();
        await Task.WhenAll(talks.Select(GoesOnAsync));
        Print(talks);
        Assert.All(talks, talk => Assert.InRange(talk.HeardAfter, TimeSpan.Zero, Soon));

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

    private async Task GoesOnAsync(Talk talk)
    {
        await bench.TakenAsync(talk.Id);
        var (packets, blocks) = ((await talk.Call.ViewAsync()).Report!.PacketsReceived, talk.ToneBlocks);
        await talk.Call.UntilAsync(seen => seen.Report!.PacketsReceived > packets + 10, "packets come to the user");
        talk.Gap = talk.Handset?.LongestGap;
        talk.Handset?.ForgetAudio();
        await talk.Call.HearsAsync(talk.Hertz);
        await Eventually.SeeAsync(() => talk.Phone is null || talk.ToneBlocks > blocks + 2, "the phone hears the user again");
        talk.HeardAfter = _watch.Elapsed;
    }

    private void Print(List<Talk> talks)
    {
        var gaps = talks.Select(talk => talk.Gap).OfType<TimeSpan>().Order().ToArray();
        output.WriteLine(
            $"{talks.Count} call(s): all were heard at both ends again {talks.Max(talk => talk.HeardAfter).TotalSeconds:0.00} s later at "
            + $"most (the browser's {talks[0].HeardAfter.TotalSeconds:0.00} s, by its reports each half second). Of {gaps.Length} "
            + $"handsets, the longest time without audio: median {gaps[gaps.Length / 2].TotalMilliseconds:0} ms, at most "
            + $"{gaps[^1].TotalMilliseconds:0} ms.");
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

        /// <summary>The longest time without a packet at the user while the call changed hands; null: not known.</summary>
        public TimeSpan? Gap { get; set; }

        /// <summary>When both ends were heard again, since the node was left.</summary>
        public TimeSpan HeardAfter { get; set; }

        public void Forget() => Handset?.ForgetAudio();
    }
}
