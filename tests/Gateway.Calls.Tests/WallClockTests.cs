using Gateway.Calls.Lifecycle;

namespace Gateway.Calls.Tests;

/// <summary>Wall time dates a call once, when it begins; the monotonic clock measures everything in it.</summary>
public class WallClockTests
{
    [Fact]
    public void A_call_is_dated_by_the_wall_clock_of_its_beginning_and_its_durations_by_the_monotonic_one()
    {
        var driver = CallDriver.InboundLive();
        driver.Wait(TimeSpan.FromSeconds(60));
        driver.Feed(new CallInput.WhatsAppTerminated(null), new CallInput.MediaReleased(null, null));

        var record = driver.Record;
        Assert.Equal(driver.WallClock, record.StartedAt);
        Assert.Equal(driver.Call.AnsweredAt!.Value - driver.Call.StartedAt, record.AnsweredAt!.Value - record.StartedAt);
        Assert.Equal(60.01, (record.EndedAt - record.AnsweredAt.Value).TotalSeconds, 3);
        Assert.True(record.RingingAt >= record.StartedAt && record.RingingAt <= record.AnsweredAt);
    }
}
