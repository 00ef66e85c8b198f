using Interop.Bench;

namespace Interop.Sipp;

/// <summary>WhatsApp users call, and the PBX refuses, fails, or is unreachable.</summary>
[Collection(InteropCollection.Name)]
public sealed class PbxRefusesTests(SippBench bench) : IClassFixture<SippBench>
{
    [Theory]
    [InlineData(486, "busy")]
    [InlineData(600, "busy")]
    [InlineData(603, "declined")]
    [InlineData(480, "no_answer")]
    [InlineData(404, "no_route")]
    [InlineData(488, "incompatible_media")]
    public async Task What_says_that_the_agent_will_not_ends_the_call(int status, string cause)
    {
        await using var pbx = await bench.AnswerAsync(SippBench.First, "pbx-refuses", ("status", $"{status}"));
        var call = await bench.UserCallsAsync(SippBench.First);
        await pbx.DoneAsync();
        var row = await bench.EndsWithAsync(call, cause);
        Assert.Equal(("first", status, false), (row.Trunk, row.SipStatus, row.WasAnswered));
    }

    [Theory]
    [InlineData("503")]
    [InlineData("500")]
    [InlineData("403")]
    [InlineData("302")] // with no contact that leads anywhere
    public async Task What_says_that_this_trunk_cannot_moves_on_to_the_next(string status)
    {
        await using var first = await bench.AnswerAsync(SippBench.First, "pbx-refuses", ("status", status));
        await using var second = await bench.AnswerAsync(SippBench.Second, "pbx-answers");
        var call = await bench.UserCallsAsync(SippBench.First);
        await first.DoneAsync();
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        await second.DoneAsync();
        var row = await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.Equal("second", row.Trunk);
    }

    [Fact]
    public async Task A_PBX_that_says_nothing_is_given_up_for_the_next()
    {
        await using var first = await bench.AnswerAsync(SippBench.First, "pbx-silent");
        await using var second = await bench.AnswerAsync(SippBench.Second, "pbx-answers");
        var call = await bench.UserCallsAsync(SippBench.First);
        await call.UntilActiveAsync();
        await call.HangUpAsync();
        await second.DoneAsync();
        await first.DoneAsync();
        var row = await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.Equal("second", row.Trunk);
    }

    [Fact]
    public async Task A_call_that_no_trunk_takes_ends_as_unreachable()
    {
        await using var second = await bench.AnswerAsync(SippBench.Second, "pbx-refuses", ("status", "503"));
        var call = await bench.UserCallsAsync(SippBench.First); // nothing listens at the first
        await second.DoneAsync();
        var row = await bench.EndsWithAsync(call, "pbx_unreachable");
        Assert.Equal(("second", 503), (row.Trunk, row.SipStatus));
    }
}
