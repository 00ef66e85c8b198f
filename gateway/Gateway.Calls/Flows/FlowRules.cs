using Gateway.Calls.Agents;

namespace Gateway.Calls.Flows;

/// <summary>Checks a flow as a whole: everything wrong with it is said at once, and a flow that passes always ends.</summary>
public static class FlowRules
{
    /// <summary>Everything wrong with a flow, in sentences that begin with where; empty: nothing.</summary>
    /// <param name="flow">The flow, as it came.</param>
    /// <param name="known">What it may refer to.</param>
    public static IReadOnlyList<string> Problems(Flow flow, FlowReferences known)
    {
        List<string> problems = [];
        if (!NameRules.IsName(flow.Id.Value))
            problems.Add($"id: must be {NameRules.Text}.");
        if (flow.Name is not { Length: > 0 and <= 200 })
            problems.Add("name: must have 1 to 200 characters.");
        if (flow.Steps is not { Count: > 0 and <= Flow.MaxSteps })
        {
            problems.Add($"steps: a flow has 1 to {Flow.MaxSteps} steps.");
            return problems;
        }
        if (!IsLanguage(flow.Language))
            problems.Add($"language: '{flow.Language}' is no BCP 47 language, such as 'en' or 'pt-BR'.");
        foreach (var (country, language) in flow.Languages)
            if (country is not { Length: 2 } || !country.All(char.IsAsciiLetterUpper) || !IsLanguage(language))
                problems.Add($"languages: '{country}': '{language}' is not a country of two capital letters and a language.");
        foreach (var (name, step) in flow.Steps)
        {
            if (!NameRules.IsName(name))
                problems.Add($"steps['{name}']: a step's name must be {NameRules.Text}.");
            if (step is null)
                problems.Add($"steps['{name}']: is empty.");
            else
                problems.AddRange(new StepRules(known).Problems(step).Select(problem => $"steps['{name}'].{problem}"));
        }
        if (flow.Steps.Values.All(step => step is not null))
            problems.AddRange(Ways(flow));
        return problems;
    }

    /// <summary>Whether steps lead somewhere, to an end, and are led to.</summary>
    private static IEnumerable<string> Ways(Flow flow)
    {
        foreach (var (name, step) in flow.Steps)
            foreach (var next in step.Followers.Distinct().Where(next => !flow.Steps.ContainsKey(next)))
                yield return $"steps['{name}']: leads to '{next}', which is no step.";
        if (flow.Start is null || !flow.Steps.ContainsKey(flow.Start))
        {
            yield return $"start: '{flow.Start}' is no step.";
            yield break;
        }
        if (Circle(flow) is { } circle)
            yield return $"steps: {string.Join(" → ", circle)} is a loop, in which a call could go round for ever.";
        var reached = new HashSet<string>();
        Reach(flow, flow.Start, reached);
        foreach (var name in flow.Steps.Keys.Where(name => !reached.Contains(name)))
            yield return $"steps['{name}']: no step leads there from '{flow.Start}'.";
    }

    private static void Reach(Flow flow, string name, HashSet<string> reached)
    {
        var open = new Stack<string>([name]);
        while (open.TryPop(out var next))
            if (flow.Steps.TryGetValue(next, out var step) && reached.Add(next))
                foreach (var follower in step.Followers)
                    open.Push(follower);
    }

    /// <summary>The first loop found, its first step repeated at the end; null: there is none.</summary>
    private static List<string>? Circle(Flow flow)
    {
        HashSet<string> done = [];
        List<string> way = [];
        return flow.Steps.Keys.Select(name => CircleFrom(flow, name, way, done)).FirstOrDefault(circle => circle is not null);
    }

    private static List<string>? CircleFrom(Flow flow, string name, List<string> way, HashSet<string> done)
    {
        if (way.IndexOf(name) is >= 0 and var first)
            return [.. way[first..], name];
        if (!flow.Steps.TryGetValue(name, out var step) || done.Contains(name))
            return null;
        way.Add(name);
        var circle = step.Followers.Select(next => CircleFrom(flow, next, way, done)).FirstOrDefault(found => found is not null);
        way.RemoveAt(way.Count - 1);
        done.Add(name);
        return circle;
    }

    /// <summary>True for what has the form of a BCP 47 language: en, pt-BR.</summary>
    public static bool IsLanguage(string? text) =>
        text is { Length: >= 2 and <= 35 }
        && text.Split('-').All(part => part.Length is >= 1 and <= 8 && part.All(char.IsAsciiLetterOrDigit));
}
