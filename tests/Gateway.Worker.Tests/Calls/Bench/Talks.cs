using System.Diagnostics;
using Sandbox.Calls;
using Sandbox.Handsets;
using Sandbox.Users;
using StackExchange.Redis;
using Testing;
using Xunit.Abstractions;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>Calls of a <see cref="WorkerBench"/> with real media at both ends, which go on at other nodes.</summary>
internal sealed class Talks(WorkerBench bench, ITestOutputHelper output)
{
    /// <summary>The user calls, the agent answers.</summary>
    public async Task<Talk> InboundAsync()
    {
        var talk = await AnsweredAsync();
        await HearsBothAsync(talk);
        return talk;
    }

    /// <summary>The same, and nobody has heard anything yet.</summary>
    public async Task<Talk> AnsweredAsync()
    {
        var call = await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        return TalkOf(call, agent);
    }

    /// <summary>The agent calls, the user answers.</summary>
    public async Task<Talk> OutboundAsync()
    {
        var user = bench.WhatsApp.User(AutoMode.Answer, handset: "native");
        var caller = bench.Pbx.Dial(user.Phone);
        await caller.AnsweredAsync();
        var talk = TalkOf(await bench.WhatsApp.CallToAsync(user, CallState.Active), caller);
        await HearsBothAsync(talk);
        return talk;
    }

    /// <summary>Their owner has left what another node needs.</summary>
    public async Task LeftAsync(params IEnumerable<Talk> talks)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        foreach (var talk in talks)
        {
            await bench.NotedAsync(talk.Call);
            var id = await bench.IdOfAsync(talk.Call);
            await Eventually.SeeAsync(
                () => redis.GetDatabase().KeyExistsAsync($"wa:{{{id}}}:snapshot:1"), kept => kept, "the snapshot is there",
                _ => bench.Log());
        }
    }

    /// <summary>From now on gaps are measured.</summary>
    public static Stopwatch Measure(params IEnumerable<Talk> talks)
    {
        foreach (var talk in talks)
            talk.Forget();
        return Stopwatch.StartNew();
    }

    /// <summary>The phones are told where their media is now, and after a gap of this length at least both ends hear each other.</summary>
    public async Task GoOnAsync(Stopwatch watch, TimeSpan gap, params IReadOnlyList<Talk> talks)
    {
        await Task.WhenAll(talks.Select(async talk =>
        {
            await talk.Phone.FollowAsync();
            await Eventually.SeeAsync(
                () => talk.Phone.Phone.LongestGap > gap && talk.Handset.LongestGap > gap, "both ends get audio again",
                () => $"gaps {talk.Phone.Phone.LongestGap}, {talk.Handset.LongestGap}\n{bench.Log()}");
            await HasPacketsAsync(talk, 25); // what changes hands later shows as well
            talk.Gaps = (talk.Phone.Phone.LongestGap, talk.Handset.LongestGap);
            talk.Forget();
            await HearsBothAsync(talk);
        }));
        output.WriteLine($"{talks.Count} call(s) heard at both ends again after {watch.Elapsed.TotalSeconds:0.00} s; longest gap at phones "
            + $"{talks.Max(one => one.Gaps.Phone).TotalMilliseconds:0} ms, "
            + $"at users {talks.Max(one => one.Gaps.User).TotalMilliseconds:0} ms, one call after the other "
            + string.Join(", ", talks.Select(one => $"{one.Gaps.User.TotalMilliseconds:0}").Take(10)));
    }

    private static async Task HasPacketsAsync(Talk talk, int count)
    {
        var (phone, user) = (talk.Phone.Phone.Received, (await talk.Handset.ReportAsync(CancellationToken.None)).PacketsReceived);
        await Eventually.SeeAsync(() => talk.Phone.Phone.Received >= phone + count, "packets come to the phone");
        await Eventually.SeeAsync(
            () => talk.Handset.ReportAsync(CancellationToken.None), report => report.PacketsReceived >= user + count,
            "packets come to the user");
    }

    public static Task HearsBothAsync(Talk talk) =>
        Task.WhenAll(talk.Phone.HearsAsync(WhatsAppSide.Hertz), WhatsAppSide.HearsAsync(talk.Call, Pbx.Hertz));

    private static Talk TalkOf(SandboxCall call, PbxCall phone)
    {
        var talk = new Talk(call, phone, (NativeHandset)call.Handset);
        lock (talk.Handset.Gate)
            talk.Handset.Tap = (datagram, _) => talk.Wire.Add(datagram);
        return talk;
    }
}

/// <summary>One call, and both its ends.</summary>
internal sealed record Talk(SandboxCall Call, PbxCall Phone, NativeHandset Handset)
{
    /// <summary>The longest time without audio at either end while the call went to another node.</summary>
    public (TimeSpan Phone, TimeSpan User) Gaps { get; set; }

    /// <summary>All RTP that came in at the user.</summary>
    public WireLog Wire { get; } = new();

    public void Forget()
    {
        Phone.Phone.Forget();
        Handset.ForgetAudio();
    }

    /// <summary>
    /// What came in at the user from all owners is one stream that goes on. Fewer packets than sequence numbers in all, jumps included, so
    /// each number stands for one SRTP index.
    /// </summary>
    /// <param name="jumps">How often the call was taken over after a death.</param>
    public void AssertNoIndexTwice(int jumps)
    {
        lock (Handset.Gate)
        {
            var wire = Wire.Packets;
            Assert.Single(wire.Select(one => one.Ssrc).Distinct());
            var steps = wire.Zip(wire.Skip(1), (one, next) => (int)(ushort)(next.Sequence - one.Sequence)).ToArray();
            Assert.All(steps, step => Assert.InRange(step, 1, short.MaxValue));
            Assert.Equal(jumps, steps.Count(step => step > 10_000));
            Assert.InRange(steps.Sum(), wire.Count - 1, ushort.MaxValue);
            Assert.Equal(0, Handset.Refused);
        }
    }
}
