using Fuzz.Targets;

namespace Fuzz;

/// <summary>Every target there is; the tests replay all of them.</summary>
public static class FuzzTargets
{
    public static readonly IReadOnlyList<IFuzzTarget> All =
    [
        new StunFuzzTarget(),
    ];

    public static IFuzzTarget? Find(string name) => All.FirstOrDefault(target => target.Name == name);
}
