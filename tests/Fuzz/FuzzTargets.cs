namespace Fuzz;

/// <summary>Every target there is: each public class in Targets/. The tests replay all of them.</summary>
public static class FuzzTargets
{
    public static readonly IReadOnlyList<IFuzzTarget> All =
    [
        .. from type in typeof(IFuzzTarget).Assembly.GetTypes()
           where type.IsClass && type.IsAssignableTo(typeof(IFuzzTarget))
           let target = (IFuzzTarget)Activator.CreateInstance(type)!
           orderby target.Name
           select target,
    ];

    public static IFuzzTarget? Find(string name) => All.FirstOrDefault(target => target.Name == name);
}
