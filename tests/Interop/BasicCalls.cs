using Interop.Asterisk;
using Interop.Bench;

namespace Interop;

/// <summary>Calls with Asterisk, heard at both ends, over every codec and transport.</summary>
[Collection(InteropCollection.Name)]
public sealed class BasicCalls(AsteriskBench bench) : BenchTests(bench), IClassFixture<AsteriskBench>
{
    public static TheoryData<string> Ways => [.. AsteriskBench.All.Select(channel => channel.Trunks[0])];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_user_calls_and_both_hear_each_other(string way)
    {
        var user = await bench.WhatsApp.UserAsync();
        var call = await bench.WhatsApp.CallAsync(user, AsteriskBench.Channel(way), "tone");
        await call.HearsAsync(AsteriskDialplan.ToneHertz);
        await bench.PbxHearsAsync(call, "tone");
        await call.HangUpAsync();
        var row = await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.Equal(("inbound", way, true), (row.Direction, row.Trunk, row.WasAnswered));
    }

    /// <summary>A user known to the business only by WhatsApp's id: the PBX sees it as the caller, and an agent dials it.</summary>
    [Fact]
    public async Task A_user_who_hides_the_phone_number_calls_and_is_called()
    {
        var user = await bench.WhatsApp.UserAsync();
        await bench.WhatsApp.SendAsync(HttpMethod.Put, "users/" + user, new { hidesPhone = true });
        var id = "US.77" + user;

        var call = await bench.WhatsApp.CallAsync(user, AsteriskBench.Plain, "tone");
        await call.HearsAsync(AsteriskDialplan.ToneHertz);
        await Eventually.SeeAsync(() => bench.Asterisk.Heard("77" + user, "tone", UserCall.Hertz).Heard, "Asterisk hears the user, by id");
        await call.HangUpAsync();
        await call.UntilEndedAsync();
        Assert.Equal("inbound", (await bench.EndsWithAsync(id, "whatsapp_hung_up")).Direction);

        await bench.Asterisk.OriginateAsync($"PJSIP/{id}@plain", "tone", user);
        call = await bench.WhatsApp.IncomingAsync(user);
        await call.HearsAsync(AsteriskDialplan.ToneHertz);
        await bench.PbxHearsAsync(call, "tone");
        await call.HangUpAsync();
        await call.UntilEndedAsync();
        Assert.Equal("outbound", (await bench.EndsWithAsync(id, "whatsapp_hung_up")).Direction);
    }

    /// <summary>The gateway forwards packets unchanged: the same codec on both sides.</summary>
    [Fact]
    public async Task A_number_that_allows_G711_speaks_it_from_end_to_end()
    {
        await bench.WhatsApp.AllowCodecsAsync(AsteriskBench.Plain, "PCMU");
        try
        {
            var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), AsteriskBench.Plain, "digits");
            await call.HearsAsync(AsteriskDialplan.ToneHertz);
            await bench.PbxHearsAsync(call, "digits");
            Assert.Equal(AsteriskDialplan.Digits, (await call.ViewAsync()).Report!.DigitsReceived);
            await call.HangUpAsync();
            await bench.EndsWithAsync(call, "whatsapp_hung_up");
        }
        finally
        {
            await bench.WhatsApp.AllowCodecsAsync(AsteriskBench.Plain);
        }
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("reliable")]
    [InlineData("delayed")]
    public async Task A_PBX_that_speaks_before_it_answers_is_heard_once_it_does(string way)
    {
        var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), AsteriskBench.Channel(way), "late");
        await call.HearsAsync(AsteriskDialplan.ToneHertz);
        await bench.PbxHearsAsync(call, "tone");
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task An_agent_calls_and_both_hear_each_other(string way)
    {
        var user = await bench.WhatsApp.UserAsync();
        await bench.Asterisk.OriginateAsync(AsteriskBench.To(user, AsteriskBench.Channel(way)), "tone", recordAs: user);
        var call = await bench.WhatsApp.IncomingAsync(user);
        await call.HearsAsync(AsteriskDialplan.ToneHertz);
        await bench.PbxHearsAsync(call, "tone");
        await call.HangUpAsync();
        var row = await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.Equal(("outbound", way, true), (row.Direction, row.Trunk, row.WasAnswered));
    }
}
