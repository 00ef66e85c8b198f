// Calls run in real time; beside each other they would only take each other's processor.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
