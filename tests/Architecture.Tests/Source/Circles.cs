namespace Architecture.Tests.Source;

/// <summary>
/// Groups of nodes each of which leads to every other one (Tarjan's strongly connected components of more than one node).
/// </summary>
public static class Circles
{
    public static IReadOnlyList<IReadOnlyList<T>> Of<T>(IEnumerable<(T From, T To)> edges) where T : notnull
    {
        var next = edges.Where(edge => !edge.From.Equals(edge.To)).ToLookup(edge => edge.From, edge => edge.To);
        var index = new Dictionary<T, int>();
        var low = new Dictionary<T, int>();
        var stack = new Stack<T>();
        var open = new HashSet<T>();
        var circles = new List<IReadOnlyList<T>>();

        void Visit(T node)
        {
            index[node] = low[node] = index.Count;
            stack.Push(node);
            open.Add(node);
            foreach (var other in next[node])
            {
                if (!index.TryGetValue(other, out var seen))
                {
                    Visit(other);
                    low[node] = Math.Min(low[node], low[other]);
                }
                else if (open.Contains(other))
                {
                    low[node] = Math.Min(low[node], seen);
                }
            }
            if (low[node] == index[node])
                Close(node);
        }

        void Close(T root)
        {
            var circle = new List<T>();
            T node;
            do
            {
                node = stack.Pop();
                open.Remove(node);
                circle.Add(node);
            }
            while (!node.Equals(root));
            if (circle.Count > 1)
                circles.Add(circle);
        }

        foreach (var group in next)
            if (!index.ContainsKey(group.Key))
                Visit(group.Key);
        return circles;
    }
}
