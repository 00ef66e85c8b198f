using Media.Engine.Loop;

namespace Media.Engine.Tests;

public class OptionsTests
{
    [Fact]
    public void Defaults_are_valid()
    {
        Assert.Empty(new MediaEngineOptions().Validate());
        Assert.Empty(new PbxMediaProfile().Validate());
    }

    [Fact]
    public void Every_error_is_named_at_once()
    {
        var errors = new MediaEngineOptions
        {
            Loops = -1,
            WhatsApp = new() { Bindings = [new() { Bind = "0.0.0.0" }, new() { Bind = "no" }] },
            Pbx = new() { PortMin = 5, Bindings = [new() { Bind = "10.0.0.1", Advertise = ["::1"] }] },
            Opus = new() { Complexity = 11 },
            Playout = new() { MinDelay = TimeSpan.FromMilliseconds(100), MaxDelay = TimeSpan.FromMilliseconds(99) },
        }.Validate();
        string[] expected = ["Loops", "WhatsApp.Bindings[0].Advertise", "WhatsApp.Bindings[1].Bind", "Pbx.Bindings[0].Advertise",
            "Pbx.PortMin", "Opus.Complexity", "Playout.MaxDelay"];
        Assert.Equal(expected.Length, errors.Count);
        Assert.All(expected, name => Assert.Contains(errors, error => error.StartsWith(name, StringComparison.Ordinal)));
    }

    [Fact]
    public void An_engine_is_not_built_from_invalid_options() =>
        Assert.Throws<ArgumentException>(() => new MediaEngine(new() { Loops = 300 }, TimeProvider.System));
}
