using System.Diagnostics;
using Media.Engine.Loop;
using Media.Engine.Tests.Peers;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;
using Sandbox.Handsets;
using Xunit.Abstractions;

namespace Media.Engine.Tests.Calls;

/// <summary>Two engines in one process stand for two nodes: a call of the one goes on in the other, over sockets.</summary>
public sealed class ResumeTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly MediaEngine _first = EngineFixture.Create(20);
    private readonly MediaEngine _second = EngineFixture.Create(20);

    public async Task InitializeAsync()
    {
        await _first.StartAsync(default);
        await _second.StartAsync(default);
    }

    public async Task DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    /// <summary>As WhatsApp's relay, with a lite agent, and as a browser, with a full one; plain and encrypted phones.</summary>
    [Theory]
    [InlineData(false, false, true)]
    [InlineData(false, true, true)]
    [InlineData(true, false, true)]
    [InlineData(false, false, false)]
    [InlineData(true, true, false)]
    public async Task A_call_goes_on_in_another_engine(bool fullIce, bool secure, bool isMove)
    {
        var profile = new PbxMediaProfile { Security = SrtpPolicy.BestEffort };
        await using var test = await TestCall.PlaceAsync(
            _first, new PbxPhone(AudioCodec.Pcma, secure: secure), new NativeHandset(new NativeHandsetOptions { FullIce = fullIce }),
            profile);
        await Task.WhenAll(test.HandsetHearsAsync(600), test.PhoneHearsAsync(1000));
        var call = test.Call;
        foreach (var next in (MediaEngine[])[_second, _first, _second]) // the first time much is compiled
        {
            var snapshot = await LeaveAsync(call, isMove);
            test.Handset.ForgetAudio();
            test.Phone.ForgetAudio();
            var left = Stopwatch.GetTimestamp();
            call = next.Resume(snapshot, profile);
            var offer = TestCall.Ok(await call.CreatePbxOfferAsync(profile));
            TestCall.Ok(await call.ApplyPbxAnswerAsync(test.Phone.Answer(offer!, version: 2), profile));
            await Task.WhenAll(test.HandsetHearsAsync(600), test.PhoneHearsAsync(1000));
            output.WriteLine(
                $"Both hear each other {Stopwatch.GetElapsedTime(left).TotalMilliseconds:0} ms after they were left; no packet at the "
                + $"handset for {test.Handset.LongestGap.TotalMilliseconds:0} ms");
        }
        var gap = test.Handset.LongestGap - test.Handset.LongestDelay;

        await test.Handset.SendDigitsAsync("12#", default);
        call.SendDigit(CallLeg.WhatsApp, '7', TimeSpan.FromMilliseconds(100));
        await TestCall.UntilAsync(() => test.Phone.Digits == "12#" && test.Handset.Digits == "7", "keys");
        Assert.Single(test.Handset.Sources);
        Assert.Single(test.Phone.Sources);
        Assert.Null((await test.Handset.ReportAsync(default)).Failure);
        if (isMove)
            Assert.True(gap < TimeSpan.FromMilliseconds(200), $"{gap}");
        await call.ReleaseAsync();
    }

    /// <summary>A move, or a death half a second after the last snapshot.</summary>
    private static async Task<MediaSnapshot> LeaveAsync(MediaCall call, bool isMove)
    {
        var snapshot = isMove ? await call.HandOverAsync() : await call.SnapshotAsync();
        Assert.True(MediaSnapshotJson.TryRead(MediaSnapshotJson.Write(snapshot!), out var read, out var error), error);
        if (isMove)
            return read;
        await Task.Delay(500);
        await call.AbandonAsync();
        return read;
    }

    [Fact]
    public async Task An_engine_can_take_back_what_nobody_wanted()
    {
        await using var test = await TestCall.PlaceAsync(_first);
        await test.PhoneHearsAsync(1000);
        var snapshot = await test.Call.HandOverAsync();
        Assert.Null(await test.Call.SnapshotAsync());
        var profile = new PbxMediaProfile();
        var call = _first.Resume(snapshot!, profile);
        test.Phone.ForgetAudio();
        TestCall.Ok(await call.ApplyPbxAnswerAsync(test.Phone.Answer(TestCall.Ok(await call.CreatePbxOfferAsync(profile))!), profile));
        await test.PhoneHearsAsync(1000);
        Assert.Equal(1, _first.ActiveCalls);
        await call.ReleaseAsync();
    }

    [Fact]
    public async Task A_snapshot_that_cannot_be_used_is_refused_with_all_reasons()
    {
        await using var test = await TestCall.PlaceAsync(_first);
        var snapshot = (await test.Call.SnapshotAsync())!;
        var broken = snapshot with
        {
            WhatsApp = snapshot.WhatsApp with { Remote = default, Local = new("a", "b") },
            Pbx = snapshot.Pbx with { Sdp = snapshot.Pbx.Sdp with { AudioLine = 7 } },
        };
        var refusal = Assert.Throws<ArgumentException>(() => _second.Resume(broken, new PbxMediaProfile()));
        Assert.Contains("ICE credentials", refusal.Message);
        Assert.Contains("no address of the peer", refusal.Message);
        Assert.Contains("no audio at line 7", refusal.Message);
        await using var stopped = EngineFixture.Create(1);
        Assert.Throws<InvalidOperationException>(() => stopped.Resume(snapshot, new PbxMediaProfile()));
        Assert.Equal(0, _second.ActiveCalls);
    }
}
