using Faults.Facts;
using Faults.Schedules;

namespace Faults.Tests;

public sealed class ScheduleTests
{
    private static readonly FaultKind[] All = Enum.GetValues<FaultKind>();

    [Fact]
    public void Draws_the_same_faults_from_the_same_seed() =>
        Assert.Equal(FaultSchedule.Draw(3, TimeSpan.FromMinutes(5), 3, All), FaultSchedule.Draw(3, TimeSpan.FromMinutes(5), 3, All));

    [Fact]
    public void Draws_every_kind_within_an_hour_and_leaves_a_node_alone_at_every_moment()
    {
        var faults = FaultSchedule.Draw(1, TimeSpan.FromHours(1), 3, All);
        Assert.Equal(All.Order(), faults.Select(fault => fault.Kind).Distinct().Order());
        Assert.All(faults, fault => Assert.InRange(
            faults.Where(other => other.From <= fault.From && other.To >= fault.From).Select(other => other.Node).OfType<int>().Distinct()
                .Count(),
            0, 2));
        Assert.All(faults, fault => Assert.DoesNotContain(
            faults, other => other != fault && other.Node == fault.Node && other.From <= fault.From && other.To >= fault.From));
    }

    [Fact]
    public void Draws_only_what_is_possible() => Assert.All(
        FaultSchedule.Draw(1, TimeSpan.FromMinutes(10), 3, [FaultKind.Pause]), fault => Assert.Equal(FaultKind.Pause, fault.Kind));
}
